/** XML for judging what a stack prints: unlike the agent's reader, which forgives what is more, this keeps all there is. */
import { SaxesParser } from 'saxes';
import { shown } from '../stack/xml-tree.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

/** The document is not well-formed. The message is a clause that says where and why. */
export class XmlFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XmlFault';
  }
}

/** Deeper than any liveset. */
const deepest = 32;

/** @throws XmlFault when the text is not exactly one well-formed document, or has a document type */
export function readXml(text: string): XmlElement {
  const document = { name: '', attributes: new Map<string, string>(), children: [] as XmlElement[], text: '' };
  const open = [document];
  const parser = new SaxesParser();
  const add = (piece: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  };
  parser.on('error', ({ message }) => {
    throw new XmlFault(shown(message));
  });
  parser.on('doctype', () => {
    throw new XmlFault('it has a document type, which nobody reads');
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^(?:utf-8|us-ascii)$/i.test(encoding)) {
      throw new XmlFault(`it says that its encoding is ${shown(encoding)}`);
    }
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length > deepest) throw new XmlFault('its elements are nested too deep');
    const element = { name, attributes: new Map(Object.entries(attributes)), children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  parser.on('text', add);
  parser.on('cdata', add);
  // What is no UTF-8 has become this when the laboratory read it.
  if (text.includes('\ufffd')) throw new XmlFault('it is not UTF-8');
  if (text.startsWith('\ufeff')) throw new XmlFault('it begins with a byte order mark');
  parser.write(text).close();
  const [root] = document.children;
  if (root === undefined) throw new XmlFault('it is empty');
  return root;
}

export function childrenOf(element: XmlElement, wanted: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === wanted);
}

/** The text of the first child of that name, without spaces around it; undefined when there is none. */
export function textIn(element: XmlElement, wanted: string): string | undefined {
  return element.children.find((child) => child.name === wanted)?.text.trim();
}
