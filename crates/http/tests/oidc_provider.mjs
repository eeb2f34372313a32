// A second OpenID provider for the sign-in tests: the certified `oidc-provider` with its development interactions.
// Prints its port on a line of its own, and ends when standard input closes.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, redirect, algorithm] = process.argv.slice(2);
const resolve = createRequire(`${folder}/package.json`).resolve;
const { Provider } = await import(pathToFileURL(resolve("oidc-provider")).href);

const pair = algorithm === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...pair.privateKey.export({ format: "jwk" }), kid: "test", use: "sig", alg: algorithm };

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: "tongma", client_secret: "a secret with : and &", redirect_uris: [redirect], id_token_signed_response_alg: algorithm }],
    jwks: { keys: [key] },
    enabledJWA: { idTokenSigningAlgValues: [algorithm] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
  });
  server.on("request", provider.callback());
  console.log(port);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
