/** The numbers of goim: those of users and rooms have 48 bits, and the 16 above them say of which app they are */

const APP_BITS = 48n;
const MASK = (1n << APP_BITS) - 1n;
const MOST = 2n ** 47n - 1n;
const MOST_APP = 32_767;

/** No room. */
export const NO_ROOM = -1;

/** Why a text is no number. */
export class IdError extends Error {
  override readonly name = 'IdError';
}

/** 0 for nobody in particular. @throws IdError */
export function parseUid(text: string): number {
  return parse('uid', text, Number(MOST));
}

/** @throws IdError */
export function parseAppId(text: string): number {
  return parse('appid', text, MOST_APP);
}

/** Or NO_ROOM. @throws IdError */
export function parseRoom(text: string): number {
  return text === String(NO_ROOM) ? NO_ROOM : parse('room', text, Number(MOST));
}

function parse(what: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d{1,20}$/.test(text) || value > most) throw new IdError(`${what} is not a number from 0 to ${most}`);
  return value;
}

/** A user or a room of an app. */
export interface AppId {
  readonly app: number;
  readonly id: number;
}

/** As one number. */
export function joined({ app, id }: AppId): bigint {
  return (BigInt(app) << APP_BITS) | BigInt(id);
}

/** A number that may have the app above. @throws IdError */
export function parseJoined(what: string, text: string): AppId {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  const [app, id] = [value >> APP_BITS, value & MASK];
  if (value < 0n || app > MOST_APP || id > MOST) throw new IdError(`${what} is not a number`);
  return { app: Number(app), id: Number(id) };
}
