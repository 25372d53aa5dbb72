# The operator norm, induced by root mean squares, of Gaussian matrices of several shapes: largest singular value (red), power iteration (circles)
# and the limit for large matrices (black). A random direction is stretched by about 1 (green).
set title "Operator norm of one layer"
set xlabel "outputs over inputs, n/m"
set ylabel "‖M‖"
set logscale x 2
set format x "2^{%L}"
@tight
set yrange [0:*]
@two_rows
plot table using "aspect":"limit" with lines linestyle 1 title "1 + √(m/n)", \
     "" using "aspect":"norm" with points linestyle 2 pointsize 0.6 title "singular value", \
     "" using "aspect":"power" with points pointtype 6 pointsize 1 linecolor rgb blue title "power iteration", \
     "" using "aspect":"typical" with points linestyle 4 pointsize 0.6 title "random direction"
