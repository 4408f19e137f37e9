// Package edge stands between the network and the handlers of package server: from which site and
// which machine a request comes, how much of it is read and for how long, what its names and forms
// become, how many run at once, and what an error becomes on its way out. It knows HTTP and the words
// of the domain, but no route. Its errors are qa.Errors that a client can be told.
package edge
