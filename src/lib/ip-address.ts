/** 4 or 6 for the text of an IP address, without brackets or zone; undefined for anything else. */
export function ipVersion(text: string): 4 | 6 | undefined {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)) return 4;
  return text.includes(':') && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]/`) ? 6 : undefined;
}
