// Makes one request with Unsplash's own client, and prints what the client makes of the answer:
// node unsplash_js.mjs BASE_URL KEY PATH PARAMETERS, where PARAMETERS is what its GET takes, as JSON.

import { createApi } from "unsplash-js";

const [baseUrl, accessKey, path, parameters] = process.argv.slice(2);
const client = createApi({ baseUrl, accessKey: accessKey || undefined });
const { data, error, response } = await client.GET(path, { params: JSON.parse(parameters) });
const headers = Object.fromEntries(response.headers);
console.log(JSON.stringify({ data, error, status: response.status, headers }));
