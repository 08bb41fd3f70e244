// Forms that are answered by a passkey: <form data-passkey="create | get | login">, with a hidden field `credential`.
// What is asked stands in the form as JSON; for a log-in it is fetched from the form's address. Until this module runs
// the form is hidden or its button disabled: sent without it, it would have no credential.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const described = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

function answer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function asked(form) {
  if (form.dataset.passkey !== "login") return JSON.parse(form.querySelector("script").textContent);
  const page = await fetch(form.action, { headers: { Accept: "application/json" } });
  return page.json();
}

async function create(form, { publicKey }) {
  const alone = form.elements.passwordless.checked;
  const authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone && { userVerification: "required" }),
  };
  return navigator.credentials.create({
    publicKey: {
      ...publicKey,
      authenticatorSelection,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: described(publicKey.excludeCredentials),
    },
  });
}

const get = ({ publicKey }) =>
  navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: described(publicKey.allowCredentials),
    },
  });

for (const form of document.querySelectorAll("[data-passkey]")) {
  const part = (name) => form.querySelector(`[data-${name}]`);
  const button = form.querySelector("button");
  const able = Boolean(window.PublicKeyCredential);
  const unable = part("unable");
  form.hidden = !able && !unable;
  button.disabled = !able;
  if (unable) unable.hidden = able;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    part("failed").hidden = true;
    button.disabled = true;
    try {
      const { creation_options: made, request_options: shown } = await asked(form);
      const credential = await (made ? create(form, made) : get(shown));
      form.elements.credential.value = JSON.stringify(answer(credential));
      form.submit();
    } catch {
      part("failed").hidden = false;
      button.disabled = false;
    }
  });
}
