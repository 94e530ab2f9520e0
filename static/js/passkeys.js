// Lets the browser make or use a passkey: the page carries what the server asks for, a hidden field takes the answer
// back. The server checks everything.

const form = document.querySelector("form[data-passkey]");

async function ask() {
  const options = JSON.parse(form.dataset.options);
  const making = form.dataset.passkey === "create";
  const credential = making
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  const answer = credential.toJSON();
  // The server keeps what the key says about itself as text.
  if (making) answer.extensions = JSON.stringify(credential.getClientExtensionResults());
  form.elements.credential.value = JSON.stringify(answer);
  form.submit();
}

if (form) {
  ask().catch(() => {
    form.querySelector("[role=status]").hidden = true;
    form.querySelector("[data-passkey-failed]").hidden = false;
  });
}
