/** A module of its own, because a bundle gives whoever imports the package itself late none of its names. */
export { generate } from 'selfsigned';
