// Package deploy holds the tests of docker-compose.yml and of what it starts: no container engine is needed,
// each command is run as it is written.
package deploy
