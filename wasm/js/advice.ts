/** What to do about an error of a broker, where there is something general to say. */
export function adviceFor(type: string): string | undefined {
  switch (type) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return 'Create the topic with admin.createTopics, or check its name and the partition'
    case 'TOPIC_ALREADY_EXISTS':
      return 'Use it as it is, or delete it first'
    case 'INVALID_TOPIC_EXCEPTION':
      return 'A name has up to 249 of the characters a-z, A-Z, 0-9, "." , "_" and "-"'
    case 'INVALID_PARTITIONS':
      return 'A topic has 1 partition or more, and never fewer than before'
    case 'INVALID_REPLICATION_FACTOR':
      return 'A broker in a browser is alone: use 1, or leave it out'
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return 'Send smaller records, or raise max.message.bytes of the topic'
    case 'OFFSET_OUT_OF_RANGE':
      return 'Ask admin.fetchTopicOffsets which offsets there are'
    case 'NON_EMPTY_GROUP':
      return 'Stop its consumers first, in every tab: admin.describeGroups shows who they are'
    case 'GROUP_ID_NOT_FOUND':
      return 'admin.listGroups shows the groups that there are'
    case 'INVALID_GROUP_ID':
      return 'A group needs a name that is not empty'
    case 'INVALID_RECORD':
      return 'A record on a compacted topic needs a key'
    case 'INVALID_CONFIG':
      return 'admin.describeConfigs shows the names and values that there are'
    case 'KAFKA_STORAGE_ERROR':
      return 'If the storage is full, delete topics or records; reading and deleting still work'
    default:
      return undefined
  }
}
