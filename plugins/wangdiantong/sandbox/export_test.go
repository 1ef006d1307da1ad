package sandbox

// Signature lets the tests try the vendor's signature with other secrets.
var Signature = signature
