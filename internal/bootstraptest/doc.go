// Package bootstraptest tests bootstrap/: that the patches of Argo CD match something, that the policies for AWS are what their page says,
// and that the page names files and commands that exist. It has no code of its own.
package bootstraptest
