// Department, province, district: each list follows the one before it, without leaving the page.
// Without this script, or where the network fails, the buttons beside the lists do the same.
const chain = ["departamento", "provincia", "distrito"].map((id) => document.getElementById(id));
const buttons = document.querySelectorAll("#lugar button");

function fill(select, places) {
  select.replaceChildren(select.options[0], ...places.map(({ code, name }) => new Option(name, code)));
  select.value = "";
}

async function follow(level) {
  const next = chain[level + 1];
  chain.slice(level + 1).forEach((one) => fill(one, []));
  const code = chain[level].value;
  if (!code) return;
  try {
    const answer = await fetch(`/cuenta/ubigeo/${code}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const places = await answer.json();
    if (chain[level].value === code) fill(next, places);
  } catch {
    buttons.forEach((one) => { one.hidden = false; });
  }
}

if (chain.every((one) => one && !one.disabled)) {
  buttons.forEach((one) => { one.hidden = true; });
  chain.slice(0, 2).forEach((one, level) => one.addEventListener("change", () => follow(level)));
}
