import { describe, expect, it } from 'vitest';
import { Hooks, Jid, message, type Stanza, StanzaError } from '#core';
import { type LogLine, quietLog } from '../../../test/support/quiet-log.ts';

const to = Jid.parse('juliet@localhost');
const hello = message({ to, id: 'a' });
const event = (): { stanza: Stanza } => ({ stanza: hello });

describe('hooks', () => {
  it('run guard, amend, handle, observe in that order, whatever the order of registration', () => {
    const order: string[] = [];
    const hooks = new Hooks(quietLog());
    for (const phase of ['observe', 'handle', 'amend', 'guard'] as const) {
      hooks.add('host:arrived', phase, () => void order.push(phase));
    }
    expect(hooks.run('host:arrived', event())).toBe('passed');
    expect(order).toEqual(['guard', 'amend', 'handle', 'observe']);
  });

  it('keep the order of registration inside a phase, also when listeners are asynchronous', async () => {
    const order: number[] = [];
    const hooks = new Hooks(quietLog());
    hooks.add('host:arrived', 'handle', async () => void order.push(1));
    hooks.add('host:arrived', 'handle', () => void order.push(2));
    hooks.add('host:arrived', 'handle', async () => void order.push(3));
    expect(await hooks.run('host:arrived', event())).toBe('passed');
    expect(order).toEqual([1, 2, 3]);
  });

  it('return no promise when every listener is synchronous', () => {
    const hooks = new Hooks(quietLog());
    hooks.add('host:arrived', 'observe', () => {});
    expect(hooks.run('host:arrived', event())).toBe('passed');
  });

  it('drop what a guard says false to, and run nothing after it', () => {
    const hooks = new Hooks(quietLog());
    const order: string[] = [];
    hooks.add('host:arrived', 'guard', () => false);
    hooks.add('host:arrived', 'observe', () => void order.push('observe'));
    expect(hooks.run('host:arrived', event())).toBe('dropped');
    expect(order).toEqual([]);
  });

  it('hand the amended stanza on', async () => {
    const hooks = new Hooks(quietLog());
    const seen: (string | undefined)[] = [];
    hooks.add('host:arrived', 'amend', ({ stanza }) => stanza?.with({ id: 'b' }));
    hooks.add('host:arrived', 'amend', async ({ stanza }) => stanza?.with({ id: `${(stanza as Stanza).id}c` }));
    hooks.add('host:arrived', 'observe', ({ stanza }) => void seen.push((stanza as Stanza).id));
    const context = event();
    await hooks.run('host:arrived', context);
    expect(seen).toEqual(['bc']);
    expect(context.stanza.id).toBe('bc');
  });

  it('stop at the handler that takes the stanza, but tell observers', () => {
    const hooks = new Hooks(quietLog());
    const order: string[] = [];
    hooks.add('host:arrived', 'handle', () => true);
    hooks.add('host:arrived', 'handle', () => void order.push('second handler'));
    hooks.add('host:arrived', 'observe', () => void order.push('observer'));
    expect(hooks.run('host:arrived', event())).toBe('taken');
    expect(order).toEqual(['observer']);
  });

  it('let a thrown StanzaError out of guards, and log what an observer throws', async () => {
    const lines: LogLine[] = [];
    const hooks = new Hooks(quietLog(lines));
    hooks.add('host:arrived', 'observe', () => {
      throw new Error('first');
    });
    hooks.add('host:arrived', 'observe', () => Promise.reject(new Error('second')));
    expect(await hooks.run('host:arrived', event())).toBe('passed');
    expect(lines.map(({ level }) => level)).toEqual(['error', 'error']);
    hooks.add('host:arrived', 'guard', () => {
      throw new StanzaError('forbidden');
    });
    expect(() => hooks.run('host:arrived', event())).toThrow(StanzaError);
  });

  it('forget a listener that is taken back', () => {
    const hooks = new Hooks(quietLog());
    const takeBack = hooks.add('host:arrived', 'guard', () => false);
    takeBack();
    expect(hooks.run('host:arrived', event())).toBe('passed');
  });
});
