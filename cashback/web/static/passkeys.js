// A button that asks an authenticator for a passkey: to sign in ("get") or to add one ("create").
// Without scripts, or in a browser that knows no passkeys, the button stays hidden and the code by mail remains.

const known = typeof PublicKeyCredential === "function"
  && "parseRequestOptionsFromJSON" in PublicKeyCredential && "parseCreationOptionsFromJSON" in PublicKeyCredential;

for (const place of known ? document.querySelectorAll("[data-passkey]") : []) {
  place.hidden = false;
  for (const told of document.querySelectorAll("[data-without-passkeys]")) told.hidden = true;
  const button = place.querySelector("button");
  const refusal = place.querySelector("[role=alert]");
  button.addEventListener("click", async () => {
    button.disabled = true;
    refusal.hidden = true;
    try {
      location.assign(await proven(place.dataset));
    } catch {
      refusal.hidden = false;
      button.disabled = false;
    }
  });
}

// Who joins says in the form beside the button what they agree to.
async function proven({ passkey, form, options, answer, csrf }) {
  const given = form ? JSON.stringify(Object.fromEntries(new FormData(document.getElementById(form)))) : undefined;
  const asked = await (await post(options, csrf, given)).json();
  const credential = passkey === "create"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
  const { to } = await (await post(answer, csrf, JSON.stringify(credential.toJSON()))).json();
  return to;
}

async function post(address, csrf, body = "{}") {
  const headers = { "content-type": "application/json", "x-csrf-token": csrf };
  const response = await fetch(address, { method: "POST", headers, body, credentials: "same-origin" });
  if (!response.ok) throw new Error(String(response.status));
  return response;
}
