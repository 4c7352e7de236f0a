declare module "*.css" {
  const text: string;
  export default text;
}
/** Custom properties made of the app's theme, by build.mjs. */
declare const TOKENS: string;
