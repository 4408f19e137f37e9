// llama.cpp (through node-llama-cpp) as a peer: texts in, vectors out, one JSON line each way.
//
//     node llama_peer.mjs model.gguf THREADS     (NODE_MODULES: the folder node-llama-cpp is installed in)
import {createInterface} from "node:readline";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";

const require = createRequire(process.env.NODE_MODULES + "/");
const entry = require.resolve("node-llama-cpp");
const {getLlama} = await import(pathToFileURL(entry));
const own = require(entry.slice(0, entry.lastIndexOf("/dist/")) + "/package.json");

const [path, threads] = process.argv.slice(2);
const llama = await getLlama({gpu: false, build: "never", maxThreads: Number(threads), logLevel: "error"});
const model = await llama.loadModel({modelPath: path});
const context = await model.createEmbeddingContext({threads: Number(threads), contextSize: 512, batchSize: 512});

const say = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");
say({version: `llama.cpp ${llama.llamaCppRelease.release} (node-llama-cpp ${own.version})`});

for await (const line of createInterface({input: process.stdin})) {
    const {kind, texts} = JSON.parse(line);
    const start = performance.now();
    const vectors = [];
    for (const text of texts)
        vectors.push((await context.getEmbeddingFor(`${kind}: ${text}`)).vector);
    say({vectors, seconds: (performance.now() - start) / 1000});
}
await llama.dispose();
