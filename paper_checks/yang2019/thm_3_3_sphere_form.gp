# The density $K$ of the direction of a centred batch of three samples (black), and how often directions of $10^5$ sampled batches fell into each of 36 sectors
# (red, relative to a uniform direction).
set title "Direction of a batch of three, random covariance"
set xlabel "angle in the plane of Σx = 0"
set ylabel "density against the uniform one"
set xrange [0:2*pi]
set yrange [0:*]
set xtics ("0" 0, "π/2" pi/2, "π" pi, "3π/2" 1.5*pi, "2π" 2*pi)
plot table using "angle":"density" with lines linestyle 1 title "K", \
     "" using "angle":"share":"share_err" with yerrorbars linestyle 2 title "samples"
