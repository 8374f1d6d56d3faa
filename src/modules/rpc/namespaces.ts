/** docs/protocol/rpc.md §11 */
export const NS_RPC = 'urn:tharsis:rpc:0';
