"""The revisions, in the order that each one's `down_revision` tells."""
