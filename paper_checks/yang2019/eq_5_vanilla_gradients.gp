# Mean squared gradient of one sample and mean product of two samples' gradients, layer by layer: equation (5) (lines) and networks that go back through the
# weights they came by (points, one standard error).
set title setting("phi")." networks of width ".setting("N").", σ_w² = ".number("weight_variance").", σ_b² = ".number("bias_variance")
set xlabel "layer l"
set ylabel "entries of Π^l"
@tight
@two_rows
plot table using "layer":(pick("variance", column("map"))) with lines linestyle 1 title "variance, (5)", \
     "" using "layer":(pick("variance", column("network"))):"network_err" with yerrorbars linestyle 2 pointsize 0.7 title "networks", \
     "" using "layer":(pick("covariance", column("map"))) with lines linestyle 3 title "covariance, (5)", \
     "" using "layer":(pick("covariance", column("network"))):"network_err" with yerrorbars linestyle 4 pointsize 0.7 title "networks"
