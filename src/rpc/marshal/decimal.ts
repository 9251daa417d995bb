/** A float as C's `%.16g` prints it, which is how XenAPI servers write floats in XML. */

const digits = 16;

export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const [mantissa = '', exponentText = ''] = toExponential(value).split('e');
  const exponent = Number(exponentText);
  const sign = mantissa.startsWith('-') ? '-' : '';
  const significant = mantissa.replace(/^-/, '').replace('.', '').replace(/0+$/, '');
  return sign + place(significant, exponent);
}

/** Lays the digits out as %g does: plainly between 1e-4 and 1e16, with an exponent of two digits or more elsewhere. */
function place(significant: string, exponent: number): string {
  if (exponent < -4 || exponent >= digits) {
    const fraction = significant.length > 1 ? `.${significant.slice(1)}` : '';
    const magnitude = String(Math.abs(exponent)).padStart(2, '0');
    return `${significant[0]}${fraction}e${exponent < 0 ? '-' : '+'}${magnitude}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${significant}`;
  if (significant.length <= exponent + 1) return significant.padEnd(exponent + 1, '0');
  return `${significant.slice(0, exponent + 1)}.${significant.slice(exponent + 1)}`;
}

/** Sixteen digits, correctly rounded. JavaScript rounds exact halves away from zero and C to the even digit. */
function toExponential(value: number): string {
  const rounded = value.toExponential(digits - 1);
  const oneMore = value.toExponential(digits);
  const [mantissa = ''] = oneMore.split('e');
  if (!mantissa.endsWith('5')) return rounded;
  // A double with more digits than toExponential can show differs from a half well within the first hundred of them.
  const [exact = '', exponent = ''] = value.toExponential(100).split('e');
  const [integer = '', fraction = ''] = exact.split('.');
  const isHalf = fraction[digits - 1] === '5' && /^0*$/.test(fraction.slice(digits));
  const isEven = Number(fraction[digits - 2]) % 2 === 0;
  return isHalf && isEven ? `${integer}.${fraction.slice(0, digits - 1)}e${exponent}` : rounded;
}
