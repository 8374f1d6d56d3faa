/** XEP-0092: Software Version */
import { z } from 'zod';
import { defineModule, ns, version } from '#core';

const NS_VERSION = 'jabber:iq:version';
const query = ns(NS_VERSION);

const config = z.strictObject({
  show_os: z.boolean().default(false).describe('Tell the operating system as well'),
});

export default defineModule({
  name: 'version',
  xeps: [{ xep: 92, version: '1.1' }],
  hosts: 'any',
  config,
  setup(host) {
    const os = host.config.show_os ? query('os', {}, process.platform) : undefined;
    const answer = query('query', {}, query('name', {}, 'Tharsis'), query('version', {}, version), os);
    host.feature(NS_VERSION);
    host.iq('get', 'query', NS_VERSION, 'host', () => answer);
  },
});
