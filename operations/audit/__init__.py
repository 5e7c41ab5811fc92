"""The running host, judged by the rules that judge what is declared: what inputs cannot show, what was done by hand."""
