/** Fields that several commands have */
import { z } from 'zod';

export const account = z.string().min(1).max(3071).describe('Bare JID of the account, such as alice@localhost');

/** Read by momentOf. */
export const moment = z.string().min(2).max(40);

export const accountOutput = z.object({ jid: z.string() });
