// Copyright: Stack TLS contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// An application in JavaScript: program.mjs FOLDER whoami, or program.mjs FOLDER loop STOP_FILE. See ../README.md.
import { existsSync, statSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { Client, Transport } from '@elastic/elasticsearch'

const [folder, command, stop] = process.argv.slice(2)
const { options } = await import(`${folder}/elasticsearch-client.mjs`) // the module that the role rendered
const written = () => statSync(`${folder}/api_key`).mtimeMs
let client = new Client(options({ Transport }))

// Asks again and again, until a file appears or five minutes are over; takes a new secret over when there is one.
async function loop () {
  const done = { requests: 0, failed: 0, error: '', keys: [] }
  let secret = written()
  const end = Date.now() + 300_000
  while (Date.now() < end && !existsSync(stop)) {
    if (written() !== secret) {
      secret = written()
      await client.close()
      client = new Client(options({ Transport }))
    }
    done.requests += 1
    try {
      const key = (await client.security.authenticate()).api_key.id
      if (!done.keys.includes(key)) console.error(done.keys[done.keys.push(key) - 1])
    } catch (error) {
      done.failed += 1
      done.error = `${error}`
    }
    await setTimeout(50)
  }
  return done
}

try {
  console.log(JSON.stringify(command === 'loop' ? await loop() : await client.security.authenticate()))
} catch (error) {
  console.error(`${error.name}: ${error.message}`)
  process.exitCode = 1
} finally {
  await client.close()
}
