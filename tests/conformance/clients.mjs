// The clients: how each is installed and started. All take `--bootstrap HOST:PORT` and, to do less,
// `--behaviour TEXT`; what they print is told in README.md.

import { pathToFileURL } from 'node:url'
import { javaArguments } from './brokers.mjs'
import { root, sources, target } from './paths.mjs'

const python = `${target}python/bin/python`

/**
 * @typedef {object} Client
 * @property {string} name
 * @property {string} part what scripts/conformance calls it
 * @property {string[]} command
 */

/** @type {Client[]} */
export const clients = [
  { name: 'kcat', part: 'kcat', command: ['node', `${sources}kcat/main.mjs`] },
  {
    name: 'confluent-kafka',
    part: 'python',
    command: [python, `${sources}python/confluent_kafka_client.py`],
  },
  {
    name: 'Java tools',
    part: 'java',
    command: ['java', ...javaArguments(), 'Tools'],
  },
  {
    name: 'Java client',
    part: 'java',
    command: ['java', ...javaArguments('off'), 'Clients'],
  },
  {
    name: 'KafkaJS',
    part: 'kafkajs',
    command: ['node', `${sources}kafkajs/main.mjs`, '--modules', `${target}kafkajs/`],
  },
  {
    name: 'Ottla in Node',
    part: 'ottla',
    command: ['node', `${sources}kafkajs/main.mjs`, '--library', pathToFileURL(`${root}wasm/dist/index.js`).href],
  },
  { name: 'kafka-python', part: 'python', command: [python, `${sources}python/kafka_python_client.py`] },
  { name: 'aiokafka', part: 'python', command: [python, `${sources}python/aiokafka_client.py`] },
  { name: 'franz-go', part: 'go', command: [`${target}franz-go`] },
]
