// Package schema is the contract between the people who describe environments in CUE and genops, which renders them.
//
// The CUE files of this package say what is allowed, what is the default and what each field means. The Go files hold the same as types, Load
// reads and evaluates environments/ against the contract, and Explain prints what the contract says of a field. Whatever a person got wrong
// comes back as a problem.Error: at the value that was written, with what is allowed there. The contract is embedded: a binary checks against
// what it was built with.
package schema
