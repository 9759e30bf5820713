//! What a client tells its caller, and gives to it.

use js_sys::{Array, Float64Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** An error, before it is one of KafkaJS's classes. */
export interface Fault {
  kind: 'broker' | 'connection' | 'timeout' | 'bufferFull' | 'unsupported' | 'other'
  message: string
  code: number
  type: string
  retriable: boolean
}

/** What a client tells its caller. None of these may throw. */
export interface ClientEvents {
  /**
   * A connection is wanted, to where the options or the broker say: answer with connected,
   * connectedLocal or disconnected.
   */
  connect(link: number, host: string, port: number): void
  /** Call tick after this delay. Replaces an earlier wish. */
  schedule(delayMs: number): void
  /**
   * Sends are done. For each: its id, the index of its error or −1, the number of partitions, and
   * for each partition: its number, the first offset, the time of the append or −1, the first
   * offset of the log or −1.
   */
  produced(results: Float64Array, errors: Fault[]): void
  /** A call is done. */
  settled(call: number, error: Fault | undefined, result: any): void
  /** There is something for pollFetched. */
  fetchReady(): void
  /** A partition cannot be fetched. */
  fetchFailed(topic: string, partition: number, error: Fault): void
  /** Something happened in the group. What is told depends on the kind (`js/consumer/group.ts`). */
  group(kind: string, payload: any): void
  /** No broker can be reached. */
  unreachable(error: Fault): void
  /** While observed: a request is being sent. */
  sent(link: number, apiKey: number, apiName: string, apiVersion: number, correlationId: number): void
  /** While observed: one was answered, and brought records of so many partitions. */
  answered(link: number, correlationId: number, sizeBytes: number, batches: number): void
  /** A connection has ended, or was given up. */
  unlinked(link: number): void
}

/** Records of one partition. */
export interface Fetch {
  topic: string
  partition: number
  firstOffset: number
  nextOffset: number
  highWatermark: number
  count: number
  bytes: Uint8Array<ArrayBuffer>
  /** Five numbers for each record: where key and value start and end, where headers start. */
  places: Int32Array
  /** Offset and timestamp of each record. */
  stamps: Float64Array
  damage?: { offset: number; lastOffset: number; message: string }
}
";

#[wasm_bindgen]
extern "C" {
    /// What a client tells its caller.
    #[wasm_bindgen(typescript_type = "ClientEvents")]
    pub type ClientEvents;
    #[wasm_bindgen(method)]
    pub(super) fn connect(this: &ClientEvents, link: f64, host: &str, port: i32);
    #[wasm_bindgen(method)]
    pub(super) fn schedule(this: &ClientEvents, delay_ms: f64);
    #[wasm_bindgen(method)]
    pub(super) fn produced(this: &ClientEvents, results: &Float64Array, errors: &Array);
    #[wasm_bindgen(method)]
    pub(super) fn settled(this: &ClientEvents, call: f64, error: &JsValue, result: &JsValue);
    #[wasm_bindgen(method, js_name = fetchReady)]
    pub(super) fn fetch_ready(this: &ClientEvents);
    #[wasm_bindgen(method, js_name = fetchFailed)]
    pub(super) fn fetch_failed(this: &ClientEvents, topic: &str, partition: i32, error: &JsValue);
    #[wasm_bindgen(method)]
    pub(super) fn group(this: &ClientEvents, kind: &str, payload: &JsValue);
    #[wasm_bindgen(method)]
    pub(super) fn unreachable(this: &ClientEvents, error: &JsValue);
    #[wasm_bindgen(method)]
    pub(super) fn sent(
        this: &ClientEvents,
        link: f64,
        api_key: i16,
        api_name: &str,
        api_version: i16,
        correlation_id: i32,
    );
    #[wasm_bindgen(method)]
    pub(super) fn answered(
        this: &ClientEvents,
        link: f64,
        correlation_id: i32,
        size_bytes: f64,
        batches: f64,
    );
    #[wasm_bindgen(method)]
    pub(super) fn unlinked(this: &ClientEvents, link: f64);

    /// Records of one partition.
    #[wasm_bindgen(typescript_type = "Fetch | undefined")]
    pub type FetchOrNothing;
}
