# Chains of residual blocks of several activations, variances and depths: the excess convexity of the whole cropped chain (green) and its slope at 1
# less one (red) against the sum of the layers' excess convexities. By (A.12) slope exceeds convexity, and convexity the sum (blue line).
set title "Residual chains, cropped"
set xlabel "sum of e over layers"
set ylabel "e of the chain, slope at 1 less one"
set logscale xy
set format xy "10^{%L}"
plot table using "sum":(column("cropped_slope") - 1) with points linestyle 2 title "slope − 1", \
     "" using "sum":"e" with points linestyle 4 title "e of the chain", \
     x with lines linestyle 3 title "sum over layers"
