# Growth of the logarithm of squared gradients a layer against inverse width, in networks that go back through the weights they came by (red) and through independent
# ones (blue), with one standard error; at the left end what the theory says.
set title sprintf("%s, B = %s, depth %s", setting("phi"), setting("B"), setting("L"))
set xlabel "1/N"
set ylabel "ln growth of |gradient|² a layer"
@tight
plot table using (1.0/column("N")):"theory" with lines linestyle 1 title "theory, N → ∞", \
     "" using (1.0/column("N")):"reused":"reused_err" with yerrorbars linestyle 2 pointsize 0.8 title "weights reused", \
     "" using (1.0/column("N")):"fresh":"fresh_err" with yerrorbars linestyle 3 pointtype 7 pointsize 0.8 title "fresh weights"
