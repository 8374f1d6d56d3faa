import { describe, expect, it } from 'vitest';
import { ns } from '../xml/index.ts';
import { InlineTable } from './inline.ts';

const sm = ns('urn:xmpp:sm:3');

describe('what is negotiated inline', () => {
  it('is offered in the order of registration until it is withdrawn', () => {
    const table = new InlineTable();
    const withdraw = table.addBind('urn:xmpp:carbons:2', () => undefined);
    table.addBind('urn:xmpp:csi:0', () => undefined);
    expect([...table.binds.keys()]).toEqual(['urn:xmpp:carbons:2', 'urn:xmpp:csi:0']);
    withdraw();
    expect([...table.binds.keys()]).toEqual(['urn:xmpp:csi:0']);
  });

  it('belongs to one module each', () => {
    const table = new InlineTable();
    const resume = {
      offer: sm('sm'),
      request: 'resume',
      premature: sm('failed'),
      isKnown: () => false,
      resume: () => ({ answer: sm('failed') }),
    };
    table.addBind('urn:xmpp:sm:3', () => undefined);
    table.addResume(resume);
    expect(() => table.addBind('urn:xmpp:sm:3', () => undefined)).toThrow('urn:xmpp:sm:3 is offered inline already');
    expect(() => table.addResume(resume)).toThrow('urn:xmpp:sm:3 is offered inline already');
  });
});
