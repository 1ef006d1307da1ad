/** JSON that nobody declared: a payload of a vendor or a flow document. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
