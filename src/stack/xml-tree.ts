/** A small XML document as a tree, bounded in every direction. What a stack prints is nobody's word to be trusted. */
import { SaxesParser } from 'saxes';
import type { Limits } from '../lib/limits.ts';
import { StackFault } from './fault.ts';

export type XmlLimits = Pick<Limits, 'stackXmlBytes' | 'stackXmlDepth' | 'stackXmlElements' | 'stackXmlTextBytes'>;

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  /** All text directly in it, joined. */
  text: string;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a document; also of one that came as bytes. @throws StackFault when it is too long or no UTF-8 */
export function documentText(document: string | Uint8Array, mostBytes: number): string {
  // A character takes at least one byte, so that a text that is too long is found without encoding it.
  const length = typeof document === 'string' ? document.length : document.byteLength;
  if (length > mostBytes) throw new StackFault('too-long', `it is longer than ${mostBytes} bytes`);
  if (typeof document === 'string') return document;
  try {
    return utf8.decode(document);
  } catch {
    throw new StackFault('unreadable', 'it is not UTF-8');
  }
}

/** The root element. @throws StackFault `unreadable` or `too-long`, with the reason as a clause about the document */
export function readXml(document: string | Uint8Array, limits: XmlLimits): XmlElement {
  const text = documentText(document, limits.stackXmlBytes);
  const builder = new TreeBuilder(limits);
  const parser = new SaxesParser({ position: false });
  parser.on('doctype', () => {
    throw new StackFault('unreadable', 'it has a document type, which may define entities');
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding))
      throw new StackFault('unreadable', `it says that it is ${shown(encoding)} and not UTF-8`);
  });
  // Plain texts, for the parser was not asked to tell namespaces.
  parser.on('opentag', (tag) => builder.open(tag.name, tag.attributes as Record<string, string>));
  parser.on('text', (piece) => builder.text(piece));
  parser.on('cdata', (piece) => builder.text(piece));
  parser.on('closetag', () => builder.close());
  parser.on('error', (error) => {
    throw new StackFault('unreadable', `it is no XML: ${builder.where()}${shown(error.message.replace(/\.$/, ''))}`);
  });
  parser.write(text).close();
  return builder.root();
}

class TreeBuilder {
  readonly #limits: XmlLimits;
  readonly #open: XmlElement[] = [];
  #root: XmlElement | undefined;
  #count = 0;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (this.#open.length >= this.#limits.stackXmlDepth)
      throw new StackFault('too-long', `its elements are nested deeper than ${this.#limits.stackXmlDepth}`);
    if (++this.#count > this.#limits.stackXmlElements)
      throw new StackFault('too-long', `it has more than ${this.#limits.stackXmlElements} elements`);
    const element: XmlElement = { name, attributes, children: [], text: '' };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
    this.#open.push(element);
  }

  text(piece: string): void {
    const element = this.#open.at(-1);
    if (element === undefined) return;
    if (element.text.length + piece.length > this.#limits.stackXmlTextBytes) {
      const most = this.#limits.stackXmlTextBytes;
      throw new StackFault('too-long', `${this.#path()} has more than ${most} characters of text`);
    }
    element.text = element.text === '' ? piece : element.text + piece;
  }

  close(): void {
    this.#open.pop();
  }

  /** The path of the element that is being read, as the beginning of a complaint. */
  where(): string {
    return this.#open.length === 0 ? '' : `in ${this.#path()}: `;
  }

  root(): XmlElement {
    if (this.#root === undefined) throw new StackFault('unreadable', 'it is empty');
    return this.#root;
  }

  #path(): string {
    let path = '';
    for (const [depth, element] of this.#open.entries()) {
      const parent = this.#open[depth - 1];
      path = parent === undefined ? shown(element.name) : childPath(path, parent, element);
    }
    return path;
  }
}

/** Path of a child, with its number, from 1, where the parent has several of its name: `ha_liveset_info/host[2]`. */
function childPath(path: string, parent: XmlElement, child: XmlElement): string {
  const alike = parent.children.filter(({ name }) => name === child.name);
  const number = alike.length > 1 ? `[${alike.indexOf(child) + 1}]` : '';
  return `${path}/${shown(child.name)}${number}`;
}

/** A word of somebody else's, fit for a sentence: short, and without control characters. */
export function shown(text: string): string {
  const clean = text.replaceAll(/\p{C}/gu, '\ufffd');
  return clean.length > 100 ? `${clean.slice(0, 100)}…` : clean;
}
