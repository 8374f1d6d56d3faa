export const NS_DATA_FORMS = 'jabber:x:data';

/** XEP-0068: the field that tells what a form is about. */
export const FORM_TYPE = 'FORM_TYPE';
