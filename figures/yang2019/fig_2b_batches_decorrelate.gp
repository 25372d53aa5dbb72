# The correlation of two minibatches that differ in one of their points, by layer, in linear networks with batch normalisation: orthogonal weights as in the paper with the point off
# the plane of the circle (red) and in it (green), Gaussian weights (blue). Dashed: the decay that the rank predicts, $0.849$ and $0.785$ a layer, moved onto the points.
# Grey: the rate of theorem 3.11, to which the caption points.
set title sprintf("Two minibatches of %s points", setting("B"))
set xlabel "layer"
set ylabel "correlation"
set logscale y
set yrange [0.005:1.5]
@tight
@two_rows
B = setting("B") + 0
full = (B - 1) / 2. / exp(2 * (lgamma((B + 1) / 2.) - lgamma(B / 2.)))
set samples 50
at(name, l) = system(sprintf("awk -F'\\t' '$1 == \"%s\" && $2 == %d {print $3}' '%s'", name, l, table)) + 0
start = at("orthogonal", 14) / (8 / 3. / pi)**14
in_plane = at("orthogonal, in the plane", 14) / (pi / 4)**14
plot full**x with lines linestyle 8 title "theorem 3.11", \
     table using "layer":(pick("orthogonal", column("correlation"))):"correlation_err" with yerrorbars linetype 2 title "orthogonal", \
     "" using "layer":(pick("Gaussian", column("correlation"))):"correlation_err" with yerrorbars linetype 3 title "Gaussian", \
     "" using "layer":(pick("orthogonal, in the plane", column("correlation"))):"correlation_err" with yerrorbars linetype 4 title "orthogonal, in the plane", \
     x > 6 ? start * (8 / 3. / pi)**x : NaN with lines linetype 1 dashtype 2 title "rank 3, rank 2", \
     x > 10 ? in_plane * (pi / 4)**x : NaN with lines linetype 1 dashtype 2
