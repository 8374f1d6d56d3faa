/** XEP-0045 §16.1, §16.5 */
export const NS_MUC = 'http://jabber.org/protocol/muc';
export const NS_MUC_USER = `${NS_MUC}#user`;
export const NS_MUC_ADMIN = `${NS_MUC}#admin`;
export const NS_MUC_OWNER = `${NS_MUC}#owner`;
/** FORM_TYPEs */
export const NS_ROOMCONFIG = `${NS_MUC}#roomconfig`;
export const NS_ROOMINFO = `${NS_MUC}#roominfo`;
export const NS_REGISTER_FORM = `${NS_MUC}#register`;
export const NS_REQUEST = `${NS_MUC}#request`;
