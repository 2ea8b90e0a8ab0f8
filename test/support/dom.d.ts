/**
 * The types of React, which ink imports, declare empty interfaces for the elements of the DOM. Code that tests pass to the
 * browser is not checked against the DOM, as the library of its types is not loaded here.
 */
interface Element {
  // biome-ignore lint/suspicious/noExplicitAny: without the types of React, the whole element is any.
  [member: string]: any;
}
