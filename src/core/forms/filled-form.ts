/** XEP-0004: a data form that was filled in */
import { Jid, JidError } from '../jid/index.ts';
import { StanzaError } from '../stanza/index.ts';
import type { Element } from '../xml/index.ts';
import { FORM_TYPE, NS_DATA_FORMS } from './namespaces.ts';

/**
 * The fields of a form of type submit, by name. A field that is empty says as much as one that is not there (§3.1), so both
 * read as undefined. What cannot be read throws the StanzaError that the form is to be answered with.
 */
export class FilledForm {
  readonly #fields: ReadonlyMap<string, readonly string[]>;

  private constructor(fields: ReadonlyMap<string, readonly string[]>) {
    this.#fields = fields;
  }

  /**
   * The form inside an element.
   *
   * @param type what its FORM_TYPE has to be (XEP-0068)
   * @returns undefined when there is none
   * @throws StanzaError bad-request when it is of another type, or not filled in
   */
  static in(wrapper: Element | undefined, type: string): FilledForm | undefined {
    const x = wrapper?.child('x', NS_DATA_FORMS);
    if (x === undefined) return undefined;
    if (x.attrs.type !== 'submit') throw new StanzaError('bad-request', 'a form that is sent in has the type submit');
    const fields = new Map<string, readonly string[]>();
    for (const field of x.elements('field')) {
      const name = field.attrs.var;
      if (name === undefined) {
        if (field.attrs.type === 'fixed') continue;
        throw new StanzaError('bad-request', 'a field has a var');
      }
      if (fields.has(name)) throw new StanzaError('bad-request', `there are two fields ${name}`);
      fields.set(
        name,
        field.elements('value').map((value) => value.text()),
      );
    }
    if (fields.get(FORM_TYPE)?.[0] !== type) throw new StanzaError('bad-request', `FORM_TYPE is ${type}`);
    fields.delete(FORM_TYPE);
    return new FilledForm(fields);
  }

  /** Of all fields but FORM_TYPE. */
  get names(): Iterable<string> {
    return this.#fields.keys();
  }

  /** All values of a field. */
  texts(name: string): readonly string[] {
    return this.#fields.get(name) ?? [];
  }

  /** The value of a field that has one. */
  text(name: string): string | undefined {
    const [text, ...more] = this.texts(name);
    if (more.length > 0) throw new StanzaError('bad-request', `${name} has one value`);
    return text || undefined;
  }

  /** §3.3, boolean */
  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text === '1' || text === 'true') return true;
    if (text === '0' || text === 'false') return false;
    throw new StanzaError('bad-request', `${name} is true or false`);
  }

  /** §3.3, jid-single */
  jid(name: string): Jid | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    try {
      return Jid.parse(text);
    } catch (cause) {
      if (cause instanceof JidError) throw new StanzaError('jid-malformed', `${name}: ${cause.message}`, { cause });
      throw cause;
    }
  }
}
