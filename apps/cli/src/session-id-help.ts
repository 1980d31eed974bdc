/** How a session is named on a command line. */
export const sessionIdHelp = 'an id, a unique start of one, or `latest`';
