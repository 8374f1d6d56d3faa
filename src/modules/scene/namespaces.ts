/** docs/protocol/scene.md §12 */
export const NS_SCENE = 'urn:tharsis:scene:0';
export const NS_SCENE_OWNER = `${NS_SCENE}#owner`;
/** FORM_TYPEs */
export const NS_SCENE_CONFIG = `${NS_SCENE}#config`;
export const NS_SCENE_INFO = `${NS_SCENE}#info`;
