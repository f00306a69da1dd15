"""The console's blueprints; every page but the way in goes through the gate."""
