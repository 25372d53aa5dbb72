# The mean product of two activations over $\gamma^2$ against the correlation $c$ of normalised pre-activations (line). The claim is its value at $c=0$, $\frac1{2\pi}$ (circle). Different samples of $m$ data have $c=-1/(m-1)$: networks for $m$ from 4 to 50 (points, layer 2).
set title "Two activations under batchnorm"
set xlabel "correlation c"
set ylabel "q̂_{xy} / γ²"
set xrange [-0.4:0.4]
plot table using (pick("kernel", column("c"))):"kernel" with lines linestyle 1 title "(57)", \
     "" using (pick("networks", column("c"))):"measured":"measured_err" with yerrorbars linestyle 2 pointsize 0.9 title "networks", \
     "+" using (0):(1 / (2 * pi)) every ::0::0 with points linestyle 3 pointtype 6 pointsize 1.6 title "(62)"
