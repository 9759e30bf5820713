// A project of somebody who uses the package: a folder in which it is installed from its tarball.

import { execFile, spawn } from 'node:child_process'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const here = fileURLToPath(new URL('..', import.meta.url))
const bin = join(here, 'node_modules/.bin')
const npm = fileURLToPath(new URL('../../../target/npm/', import.meta.url))

/** The tarball that `make package` has left. */
export async function tarball() {
  const found = await readdir(npm).catch(() => [])
  const tarballs = found.filter((name) => name.endsWith('.tgz'))
  if (tarballs.length !== 1) throw new Error(`${npm} has no tarball: make package`)
  return join(npm, tarballs[0])
}

/**
 * Makes a project with the package and these files. Tools come from the packages beside this folder.
 *
 * @param {string} name
 * @param {Record<string, string>} files
 */
export async function project(name, files) {
  const dir = join(here, 'projects', name)
  await rm(dir, { recursive: true, force: true })
  const all = {
    'package.json': JSON.stringify({ name: `try-${name}`, private: true, type: 'module' }),
    ...files,
  }
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await writeFile(join(dir, path), text)
  }
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, CI: 'true', NO_COLOR: '1' }
  // It has no dependencies: nothing is fetched.
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', await tarball()], { cwd: dir, env })
  return {
    dir,
    /** Runs a command to its end. Rejects with what it says if it fails. */
    async run(command, ...args) {
      try {
        const { stdout } = await run(command, args, { cwd: dir, env, maxBuffer: 1e8 })
        return stdout
      } catch (error) {
        throw new Error(`${command} ${args.join(' ')}: ${error.stdout}\n${error.stderr}`, { cause: error })
      }
    },
    /** Starts a server, and waits until it says where it is. */
    async start(command, ...args) {
      const child = spawn(command, args, { cwd: dir, env, detached: true })
      const stop = () => {
        try {
          process.kill(-child.pid, 'SIGKILL')
        } catch (error) {
          if (error.code !== 'ESRCH') throw error
        }
      }
      process.once('exit', stop)
      let said = ''
      const url = await new Promise((resolve, reject) => {
        const hear = (chunk) => {
          said += chunk
          // Without the colours.
          const [found] = said.replace(/\x1b\[\d*m/g, '').match(/http:\/\/(localhost|127\.0\.0\.1):\d+/) ?? []
          if (found) resolve(found)
        }
        child.stdout.on('data', hear)
        child.stderr.on('data', hear)
        child.once('error', reject)
        child.once('exit', () => reject(new Error(`${command} ${args.join(' ')} ended: ${said}`)))
        setTimeout(() => reject(new Error(`${command} does not serve: ${said}`)), 300_000).unref()
      }).catch((error) => {
        stop()
        throw error
      })
      return {
        url,
        close: () => {
          process.off('exit', stop)
          stop()
        },
      }
    },
  }
}
