/** The names alone, for the preload script: it passes messages on, and main checks them. */
export const channelNames = [
  'state:get',
  'host:get',
  'host:again',
  'folder:pick',
  'folder:open',
  'link:open',
  'text:save',
  'notice:show',
  'keep:all',
  'keep:write',
  'secret:list',
  'secret:keep',
  'secret:forget',
  'update:check',
] as const;
export type ChannelName = (typeof channelNames)[number];

export const noticeNames = ['host', 'command', 'workspace'] as const;
export type NoticeName = (typeof noticeNames)[number];

/** What the preload script puts into the page, under this name. */
export const bridgeName = 'nootropic';
