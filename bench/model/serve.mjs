// A small server of OpenAI's chat protocol on 127.0.0.1 around llama.cpp (node-llama-cpp), for trying Rapporteur with
// a real model: node serve.mjs MODEL.gguf [PORT]. One answer at a time, streamed, with usage and end mark.
import http from 'node:http'
import { getLlama, LlamaChatSession } from 'node-llama-cpp'

const [file, port = '8000'] = process.argv.slice(2)
const name = file.replace(/.*\//, '').replace(/\.gguf$/, '')
const llama = await getLlama({ build: 'never', gpu: false })
const model = await llama.loadModel({ modelPath: file })
const context = await model.createContext({ contextSize: 4096, threads: Number(process.env.THREADS ?? 1) }) // more than there are idle cores is slower, by far
let turn = Promise.resolve()

const read = async (request) => {
  const parts = []
  for await (const part of request) parts.push(part)
  return JSON.parse(Buffer.concat(parts).toString('utf8'))
}

const answer = async (asked, gone, write) => {
  const prompt = asked.messages.at(-1).content
  const history = asked.messages.slice(0, -1).map(({ role, content }) =>
    role === 'assistant' ? { type: 'model', response: [content] } : { type: role, text: content })
  const sequence = context.getSequence()
  const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: '' })
  let completion = 0
  try {
    session.setChatHistory(history)
    const { stopReason } = await session.promptWithMeta(prompt, {
      maxTokens: asked.max_tokens, temperature: asked.temperature, signal: gone, stopOnAbortSignal: true,
      onTextChunk: (text) => write({ choices: [{ index: 0, delta: { content: text }, finish_reason: null }] }),
      onToken: (tokens) => { completion += tokens.length }
    })
    write({ choices: [{ index: 0, delta: {}, finish_reason: stopReason === 'maxTokens' ? 'length' : 'stop' }] })
    const count = asked.messages.reduce((n, m) => n + model.tokenize(m.content).length, 0)
    write({ choices: [], usage: { prompt_tokens: count, completion_tokens: completion } })
  } finally {
    session.dispose()
    sequence.dispose()
  }
}

http.createServer(async (request, response) => {
  const fail = (status, message) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message } }))
  if (request.url === '/v1/models') return response.end(JSON.stringify({ object: 'list', data: [{ id: name }] }))
  if (request.url !== '/v1/chat/completions') return fail(404, 'nothing here')
  const asked = await read(request).catch(() => null)
  if (!asked) return fail(400, 'no JSON')
  if (asked.model !== name) return fail(404, `model ${asked.model} not found`)
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  turn = turn.then(async () => {
    if (gone.signal.aborted) return
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const write = (event) => response.write(`data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', model: name, ...event })}\n\n`)
    await answer(asked, gone.signal, write)
    response.end('data: [DONE]\n\n')
  }).catch((error) => {
    response.end(`data: ${JSON.stringify({ error: { message: String(error.message ?? error), code: /context/i.test(String(error)) ? 400 : 500 } })}\n\n`)
  })
}).listen(Number(port), '127.0.0.1', () => console.log(`${name} on http://127.0.0.1:${port}/v1`))
