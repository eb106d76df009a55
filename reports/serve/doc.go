// Package serve shows a folder of runs to a browser on the same machine: an index, the report of each run made anew from its
// files, those files themselves, and how far a run has come that is still going.
//
// It is no file server and no web application. Nothing can be written: there are GET and HEAD. What can be read is what the
// index lists, under names that are known (see files). It draws no conclusions: what makes a report is given to it.
//
// Who asks is not trusted, and neither is what lies in the folder. Three layers stand between the two:
//
//   - guard lets a request through that was meant for this server (Host), and that was made by a page of its own or by nobody's
//     (Origin, Sec-Fetch-Site): else any page in the same browser could read along, by a name that it makes point here.
//   - tree opens files below the folder through os.Root, and refuses symbolic links, pipes, devices and hidden names.
//   - html/template escapes what comes from files, and render.Clean makes visible what a browser would obey, such as
//     characters that turn the direction of writing.
//
// Other users of the machine can reach a loopback address too: what is shown is shown to them.
//
// A Server may be used by any number of goroutines. What it remembers is bounded, and so are the work that it does at a time
// and the streams that it keeps open.
package serve
