/** The version of this program, as package.json says it; a test compares them. */
export const version = '0.1.0';
