import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { createMemoryStorage } from '../storage/index.ts';
import { ApiTokens } from './index.ts';

function someTokens() {
  const clock = new ManualClock();
  const stores = createMemoryStorage().stores('');
  return { clock, stores, tokens: new ApiTokens(stores, clock) };
}

describe('tokens of the HTTP API', () => {
  it('are recognised with what they are for, also by a server that was started again', async () => {
    const { clock, stores, tokens } = someTokens();
    const { text, token } = await tokens.create({ label: 'shop', scopes: ['user:write'], expires: undefined });
    expect(token).toEqual({ id: text.split('.')[0], label: 'shop', scopes: ['user:write'], created: clock.now() });
    expect(await tokens.verify(text)).toEqual(token);
    expect(await new ApiTokens(stores, clock).verify(text)).toEqual(token);
  });

  it('are not recognised when any part of them is another', async () => {
    const { tokens } = someTokens();
    const { text } = await tokens.create({ label: '', scopes: ['admin'], expires: undefined });
    const other = await tokens.create({ label: '', scopes: ['admin'], expires: undefined });
    const [id = '', secret = ''] = text.split('.');
    const flipped = `${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`;
    for (const wrong of [
      ...['', id, secret, `${id}.`, `.${secret}`, `${id}.${flipped}`, `${text}A`, ` ${text}`, 'x'.repeat(1_000_000)],
      `${other.token.id}.${secret}`,
      `000000000000.${secret}`,
    ]) {
      expect(await tokens.verify(wrong)).toBeUndefined();
    }
  });

  it('are stored without what their holders have', async () => {
    const { stores, tokens } = someTokens();
    const { text } = await tokens.create({ label: '', scopes: ['admin'], expires: undefined });
    const kept = JSON.stringify([...(await stores.map('api-tokens').entries('token'))]);
    expect(kept).not.toContain(text.split('.')[1]);
  });

  it('end at their time, to the millisecond', async () => {
    const { clock, tokens } = someTokens();
    const { text } = await tokens.create({ label: '', scopes: ['admin'], expires: clock.now() + 1_000 });
    clock.advance(999);
    expect(await tokens.verify(text)).toBeDefined();
    clock.advance(1);
    expect(await tokens.verify(text)).toBeUndefined();
  });

  it('end when they are revoked, which can be done once', async () => {
    const { clock, tokens } = someTokens();
    const first = await tokens.create({ label: 'first', scopes: ['admin'], expires: undefined });
    clock.advance(1);
    const second = await tokens.create({ label: 'second', scopes: ['admin'], expires: undefined });
    expect((await tokens.list()).map(({ label }) => label)).toEqual(['first', 'second']);
    await tokens.revoke(first.token.id);
    expect(await tokens.verify(first.text)).toBeUndefined();
    expect(await tokens.verify(second.text)).toBeDefined();
    await expect(tokens.revoke(first.token.id)).rejects.toMatchObject({ condition: 'item-not-found' });
  });

  it('are a thousand at most', async () => {
    const { tokens } = someTokens();
    const wanted = { label: '', scopes: ['admin'], expires: undefined };
    for (let n = 0; n < 1_000; n++) await tokens.create(wanted);
    await expect(tokens.create(wanted)).rejects.toMatchObject({ condition: 'resource-constraint' });
  });
});
