export * from './errors/base.js'
export * from './errors/broker.js'
export * from './errors/connection.js'
