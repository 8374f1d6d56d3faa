/** docs/protocol/rpc.md §8 */
export const NS_RPC = 'urn:tharsis:rpc:0';
